// Swifi is the injector of software faults, after the tool of that name of MINIX 3 and, before it, of the RIO file cache: it changes the
// code and the state of a running service, and tells what came of it. system.conf names its victims (`trace`); the kernel lets it reach no other.
//
// Its arguments are a plan (rs/fi/plan) and `others=`, the labels of services that are not to notice. What it finds out leaves by COM3, as frames (rs/fi/record).
// When the plan is done, or cannot be followed, it ends the machine, with a status.
//
// The files: injector.go the service, args.go its arguments, world.go what rs/fi/engine acts on, victim.go the victim's memory, device.go its device, where the injector is that, wire.go COM3.
package main
