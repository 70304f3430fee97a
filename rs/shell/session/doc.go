// Package session is the console's shell: it reads lines from the console's driver, runs them as
// operator's commands, and writes the results back. Every request is asynchronous, so the
// shell answers pings while it waits for a line, for a driver or for RS.
//
// The console's driver may die at any time. The shell learns of it from RS's events, finds the new
// incarnation, writes the text that was not taken, prints its prompt again and reads on.
package session
