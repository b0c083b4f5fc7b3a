//! Arguments of `cluster`.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::number::whole;

/// Arguments of `cluster`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip cluster scheduler --bind 10.0.0.1\n         ticclip cluster executor --scheduler df://10.0.0.1:50050 --bind 10.0.0.2 --work /scratch/ticclip\n         ticclip split s3://bucket/metadata/{000..127}.parquet --timeline yearly --cluster df://10.0.0.1:50050 --out splits"
)]
pub struct ClusterArgs {
    /// What to start
    #[command(subcommand)]
    pub role: ClusterRole,
}

/// A part of a cluster. It runs until it is interrupted. Its ports ask nobody who they are: they belong in a network of one's own.
#[derive(Debug, Subcommand)]
pub enum ClusterRole {
    /// Who has the plan and gives out the work
    Scheduler(SchedulerArgs),
    /// Who works
    Executor(ExecutorArgs),
}

/// Arguments of `cluster scheduler`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip cluster scheduler --bind 10.0.0.1")]
pub struct SchedulerArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
    /// Port for executors and for `split --cluster`
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub port: u16,
}

/// Arguments of `cluster executor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip cluster executor --scheduler df://10.0.0.1:50050 --bind 10.0.0.2 --work /scratch/ticclip"
)]
pub struct ExecutorArgs {
    /// The scheduler
    #[arg(long, value_name = "df://HOST:PORT")]
    pub scheduler: String,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
    /// Port for other executors and for `split --cluster`, which take results from here
    #[arg(long, value_name = "PORT", default_value_t = 50051)]
    pub port: u16,
    /// Name by which they know this machine; the address that the scheduler sees by default
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Folder for results and what is more than memory holds; of this executor alone
    #[arg(long, value_name = "DIR")]
    pub work: PathBuf,
    /// Memory of all its tasks together
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = whole::<NonZeroU32>(1..))]
    pub memory: NonZeroU32,
}
