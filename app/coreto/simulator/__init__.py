"""Floor 4: the second driver. The same machines in a virtual network, on virtual disks, in virtual time."""
