// virtioblk drives a virtio block device on PCI: it answers drivers/protocol/block.
//
// virtio has the registers and the ring, disk what is asked of the device and what is done when it does not do it, drivers/sdk/block/server the sessions and
// their requests. Here they are joined with the kernel. Which function it has, and that it may have it, is system.conf's (`pci`).
//
// Arguments: `reads=LABEL,…` and `writes=LABEL,…` who may open the device, `cache=through`: writes go through its cache, `cache=kept`: its owner says that it
// forgets nothing when it is reset.
package main
