//! Deploys by the command line to one host and to several: real nginx, supervisor and gunicorn on
//! scratch machines.

mod desk;
mod steady;
mod together;
