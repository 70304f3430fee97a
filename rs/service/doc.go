// Package service is the operator's command language: what can be asked of the machine, how
// it is checked, how it is done and how the result reads. The console's shell and the control
// port both use it, so that there is one list of commands, one help and one set of checks.
//
// Nothing here touches hardware. Requests go through a Port, and every one is asynchronous:
// whoever runs commands goes on answering pings while it waits for an answer.
package service
