mod drift;
mod mean_interval;
