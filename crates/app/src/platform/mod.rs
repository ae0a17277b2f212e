//! What differs between operating systems, one module each with the same functions.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{create_private_file, create_private_folder, start_detached, sync_folder};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{KEYSTORE_NAME, can_install, computer_name, machine_id, terminal_command};
