// Demo boots the machine, breaks each driver in every way that there is, the data store and the reincarnation server too, and shows what the
// rest of the machine noticed of it: nothing, or it says what and ends with status 1.
//
//	go run ./tools/demo               one death of each kind, under a minute
//	go run ./tools/demo -deaths 1000  that many deaths of one driver in one boot
//	go run ./tools/demo -hogs each    services that take what they can get; nobody waits longer than promised
//
// With -json the result is one JSON object, or one for each table of hogs. `make image` makes what it boots.
package main
