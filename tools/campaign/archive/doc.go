// Package archive builds the boot archive of a campaign: the services of the image, the one in C, the workload and the injector, by the entries of
// system.conf that are shipped beside each program, with what a campaign wants otherwise. What is wrong comes at the file, line and column where it is
// written.
//
// What a campaign changes, and nothing else does it:
//
//	the victim      pings of a few ms, lives that begin after 1 ms and have 50 ms to come up, no limit of deaths; its permits name the workload
//	everybody else  a life that begins after 10 ms, no limit of deaths
//	load            its args; it may send to all, and trace the victim where it types behind the victim's back
//	swifi           its args are the plan; it traces the victim, and those others of the tree of which it may end one at the same time
//	tty, shell      tty's only reader is the workload, so there is no shell when tty is the victim; the shell's console is the workload
package archive
