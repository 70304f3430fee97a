// Planted answers whether a campaign can fail: it plants one bug after the other in the kernel, each in a kernel of its own, and runs the same
// campaign on all of them. On the kernel as it is nothing bad may come of it; each bug has to be reported.
//
// A bug is a small exact change of the sources (plants.go), made in a copy of the tree below out/planted. The kernel is built there;
// everything else that boots is the tree's. Status 1: a bug that was not reported, or something bad without any.
package main
