// Package escape holds the kernel to "no allocation after boot" a second time: abi.Heap counts what was allocated,
// and the compiler says here what could be. Its test builds the kernel with -gcflags=-m and wants every value that
// goes to the heap to be in a function that runs at boot only, as a table says.
package escape
