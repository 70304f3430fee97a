// Package model has devices of a PC as programs: what a driver sees of them through their ports. Tests put them behind a driver, and fault injection in the
// place of a device that is there. They know no kernel: whoever has one hands it the accesses.
package model
