// Package jobs tests that campaigns run as jobs of Slurm and of GNU parallel, by the scripts of docs/examples/campaign: `make test-slurm`.
package jobs
