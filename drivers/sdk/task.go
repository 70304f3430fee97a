//go:build tamago

package sdk

import "bennu/kernel/usys"

// Run is the life of a driver. It does not return.
func Run(d Driver) {
	k := usys.Gate{}
	c := Start(k, d)
	if !c.over {
		c.loop()
	}
	k.Exit(c.status, c.kind)
}
