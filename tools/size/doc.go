// Command size tells how large ring 0 is, in lines of the sources that are in kernel.elf, and writes that into docs/ARCHITECTURE.md.
//
// A line counts if anything but a comment is on it. A function counts if the kernel's debugging information names it: by itself, or within others that it was
// copied into. Types, constants and variables count beside them, whether or not the linker kept them: it does not say. Assembly is whole files.
package main
