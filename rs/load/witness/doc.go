// Package witness is a client of everybody that looks whether it can notice that somebody died, or is broken: it asks by numbered requests, has a
// service replaced, and reads the events. The workload of campaigns on the reincarnation server is one, and so is the service that watches while the
// reaper ends lives (boot/reap).
package witness
