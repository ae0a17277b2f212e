//! What is measured on.

use std::path::Path;

use anyhow::{Context, Result};

/// What stands above the table.
pub(crate) struct Facts {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Whether the processor has instructions for SHA-256.
    pub(crate) has_sha: bool,
    pub(crate) kernel: String,
    /// Of the folder that the measurements write to.
    pub(crate) file_system: String,
    pub(crate) load_before: String,
}

impl Facts {
    pub(crate) fn read() -> Result<Self> {
        let cpu = read("/proc/cpuinfo")?;
        let value = |key: &str| {
            let line = cpu.lines().find(|line| line.starts_with(key))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let flags = value("flags").or_else(|| value("Features")).unwrap_or_default();
        Ok(Self {
            processor: value("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism()
                .context("counting processors")?
                .get(),
            has_sha: flags.split(' ').any(|flag| flag == "sha_ni" || flag == "sha2"),
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: file_system(&std::env::temp_dir())?,
            load_before: load()?,
        })
    }
}

/// The average number of processes that wanted to run in the last minute.
pub(crate) fn load() -> Result<String> {
    Ok(read("/proc/loadavg")?.split(' ').next().unwrap_or_default().to_owned())
}

/// A size that this process's status tells in kB (`proc_pid_status(5)`), in bytes.
pub(crate) fn memory(field: &str) -> Result<u64> {
    let status = read("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .context("the status of this process")?;
    let number = line
        .split_whitespace()
        .nth(1)
        .context("a size in the status of this process")?;
    Ok(number.parse::<u64>().context("reading the status of this process")? * 1024)
}

/// Lets the peak memory of this process begin again at what it uses now (`proc_pid_clear_refs(5)`).
pub(crate) fn forget_peak_memory() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("forgetting the peak of memory")
}

/// The type of the file system that holds `folder`.
fn file_system(folder: &Path) -> Result<String> {
    let mounts = read("/proc/mounts")?;
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let holding = fields.filter(|fields| fields.len() > 2 && folder.starts_with(fields[1]));
    Ok(holding
        .max_by_key(|fields| fields[1].len())
        .map_or_else(|| "an unknown file system".into(), |fields| fields[2].to_owned()))
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {path}"))
}
