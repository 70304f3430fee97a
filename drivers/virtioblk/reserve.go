package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
)

// reserve reserves the function that system.conf shows the driver. TODO(9): the SDK has no PCI functions yet.
func reserve(*sdk.Context) (function, abi.Errno) { return nil, abi.ENOSYS }
