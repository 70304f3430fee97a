// Mutants breaks the code on purpose, one small change at a time, and asks whether a test notices.
//
//	go run ./tools/mutants               all hand-picked changes, and 40 drawn ones
//	go run ./tools/mutants -only sdk-    those whose id begins so (a regular expression)
//	go run ./tools/mutants -seed 7       another draw
//	go run ./tools/mutants -list         what would be done
//
// Hand-picked changes stand in tables (hand_….go): file, exact text before, text after, and why somebody could make it. Drawn ones
// are made by operators on Go's syntax (draw.go), places chosen by a seed that is printed. A change is made in a copy of the tree below
// out/mutants, where the tests that can notice run, the cheapest first: those of the package on the host, those of the packages that
// use it, then the kernel's own in QEMU, then the whole system's. The first that fails ends it.
//
// A change that no test notices is a survivor. Either a test is missing, or argued.txt says in writing why none can be there: the
// change means the same, or is another good way. Status 1: an unexplained survivor, or tests that fail without any change. Results are
// kept in out/mutants/results.jsonl: a run that was stopped goes on where it was, as long as the tree is the same.
package main
