// Package service is the operator's command language: it has the list of commands, checks them, runs them,
// and writes their results. The console's shell and the control port both use it, so that there is one list
// of commands, one help and one set of checks.
//
// Nothing here touches hardware. Requests go through a Port, and every one is asynchronous: a task that runs
// commands goes on answering pings while it waits for an answer.
package service
