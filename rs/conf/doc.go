// Package conf reads system.conf, which names the services, says what each may do and how RS keeps it alive.
// It is pure (text in, values and faults out); RS and the image builder run the same check, so that a wrong
// table stops the build.
//
// The grammar is that of MINIX's configfile(5): a file is a list of entries
//
//	service NAME { keyword argument…; … };
//	class NAME { keyword argument…; … };
//
// A class is an entry that is no service; `class NAME` inside an entry takes over every keyword that NAME has
// and the entry itself has not. '#' begins a comment. It is closed by default: without a line there is no
// right, and a statement that is not understood is a fault. Keywords are in the table of keyword.go.
package conf
