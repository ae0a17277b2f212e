//! The words of the account.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// How to sign in.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Sign in on a page of the vendor, in the browser
    #[arg(long, conflicts_with_all = ["email", "password_stdin", "code"])]
    pub(crate) browser: bool,
    /// The address that identifies the account
    #[arg(long, required_unless_present = "browser")]
    pub(crate) email: Option<String>,
    /// Read the password from standard input (one line)
    #[arg(long, required_unless_present = "browser")]
    pub(crate) password_stdin: bool,
    /// What your authenticator app shows, or a spare code
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// The account: personal data, sessions, second factor. Passwords are read from standard input, one line each.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show what the vendor knows of you, and how the account is secured
    Show,
    /// Correct what you told of yourself; what is not named stays
    Set {
        /// How you are called
        #[arg(long)]
        name: Option<String>,
        /// Your telephone number
        #[arg(long)]
        phone: Option<String>,
        /// Your postal address, lines separated by \n
        #[arg(long)]
        address: Option<String>,
    },
    /// Give the account another e-mail address; reads the password
    Email {
        /// The new address
        email: String,
    },
    /// Set a new password; reads the old and the new one
    Password,
    /// Verify the address by the code that was mailed; without a code, ask for another mail
    Verify {
        /// The code
        code: Option<String>,
    },
    /// Set a new password where the old one is lost: ask for a mail, then give its code and read the new password
    Recover {
        /// The account's address, to ask for the mail
        #[arg(long, required_unless_present = "code")]
        email: Option<String>,
        /// The code that was mailed
        #[arg(long, conflicts_with = "email")]
        code: Option<String>,
    },
    /// Claim an account that the vendor opened for you, and sign in; reads the new password
    Claim {
        /// The code that the vendor told you
        code: String,
    },
    /// List where you are signed in, or end sessions
    Sessions {
        /// End this one, as the list names it
        #[arg(long, value_name = "ID")]
        end: Option<String>,
        /// End all but this computer's
        #[arg(long, conflicts_with = "end")]
        end_others: bool,
    },
    /// Set up, confirm or take off an authenticator app
    SecondFactor {
        #[command(subcommand)]
        command: FactorCommand,
    },
    /// Write everything that the vendor keeps of you into a JSON file
    Export {
        /// The file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Erase yourself at the vendor; reads the password. What the wallet holds is lost
    Erase {
        /// Show what erasing would mean now, and erase nothing
        #[arg(long)]
        preview: bool,
        /// How many tokens you know to lose: what the wallet holds
        #[arg(long, value_name = "N", required_unless_present = "preview")]
        forfeit: Option<i64>,
        /// What your authenticator app shows, or a spare code
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
    },
}

/// The authenticator app.
#[derive(Debug, Subcommand)]
pub(crate) enum FactorCommand {
    /// Show the secret to type into the app; reads the password
    Begin,
    /// Confirm it by what the app shows; prints the spare codes once
    Confirm {
        /// Six digits
        code: String,
    },
    /// Take it off; reads the password
    Remove,
}
