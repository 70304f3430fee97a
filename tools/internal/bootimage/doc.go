// Package bootimage joins the parts of system.conf and the executables of a boot archive, and checks them with each other before a machine does: each fault
// comes at the file, line and column where it was written.
package bootimage
