// Figures keeps what the documents say about speed and size true. What `make bench` and `make demo` measured is recorded in
// docs/figures.json, with commit, QEMU's version and date; README.md and the pages below docs/ have blocks
//
//	<!-- figures: NAME -->
//	…
//	<!-- end -->
//
// of which this program writes the lines between.
//
//	figures record -bench FILE -demo FILE   records the two reports (bench -json, demo -json), then as write
//	figures write                           rewrites the blocks from what is recorded
//	figures check                           tells which blocks are not what is recorded, and which figures stand outside of one
//
// `make figures` measures, records and writes. A test compares the documents with the record, another the record with a new run.
package main
