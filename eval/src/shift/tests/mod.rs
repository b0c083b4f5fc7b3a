mod appearance;
mod centroid;
mod golden;
mod log_odds;
mod trend;
mod words;
