//! The commands about what the server does by itself.

use clap::Subcommand;
use scrip_server::Server;

/// Jobs.
#[derive(Subcommand)]
pub(crate) enum Jobs {
    /// Show every job: when it is due, when it last ended well, and how often it failed since
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Do a job now, due or not; refused while another server does it
    Run {
        /// The job's name
        name: String,
    },
}

pub(crate) async fn run(server: &Server, command: Jobs) -> anyhow::Result<()> {
    match command {
        Jobs::List { json } => list(server, json).await,
        Jobs::Run { name } => {
            let did = scrip_server::run_job(server, &name).await?;
            let did = if did.is_empty() { "nothing was to be done" } else { &did };
            println!("{name}: {did}");
            Ok(())
        }
    }
}

async fn list(server: &Server, json: bool) -> anyhow::Result<()> {
    let jobs = scrip_server::list_jobs(server).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&jobs)?);
        return Ok(());
    }
    for job in jobs {
        let state = match (job.running, job.paused) {
            (true, _) => "is being done".to_owned(),
            (_, true) => "is paused".to_owned(),
            _ => job
                .due_at
                .map_or("never ran here".to_owned(), |at| format!("is due {at}")),
        };
        let ended = match job.succeeded_at {
            Some(at) => format!("last ended well {at}"),
            None => "never ended well".to_owned(),
        };
        let failed = match job.failures {
            0 => String::new(),
            times => format!("; failed {times} times since"),
        };
        println!(
            "{}  every {} s, {state}; {ended}{failed}\n    {}",
            job.name, job.every_seconds, job.about
        );
    }
    Ok(())
}
