package fake

import "bennu/board/model"

// UART is a Device: the model of a 16550A.
type UART = model.UART
