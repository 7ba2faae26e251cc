package wire

// HexValues returns the values of eight hex digits in any case, the first in the lowest
// byte. A byte of wrong is not 0 if that of digits is none. All digits are worked on at once,
// as in package sigfox: each is a byte of the word, and no step carries from one into the
// next. The compiler inlines it.
func HexValues(digits uint64) (values, wrong uint64) {
	letter := digits >> 6 & hexWords.ones
	digits |= letter << 5 // lower case
	values = digits&hexWords.low + letter*9
	// A digit is valid if its value gives the digit again, decimal digits are below
	// 10 and letters are from 10 to 15.
	again := values + hexWords.zeros + letter*('a'-10-'0')
	return values, again ^ digits | (values+hexWords.sixes^letter<<4)&hexWords.sixteens | values&hexWords.high
}

// HexBytes returns the four bytes of which HexValues gave the values, in the same order.
func HexBytes(values uint64) (four uint32) {
	values = (values<<4 | values>>8) & hexWords.pairs
	values = (values | values>>8) & hexWords.fours
	return uint32(values | values>>16)
}

// hexWords are not constants: the compiler would keep these in registers through the loop
// that HexValues is inlined into, and load them again for each value.
var hexWords = struct{ ones, zeros, sixes, low, sixteens, high, pairs, fours uint64 }{ //nolint:gochecknoglobals // never changes
	ones: lowBits, zeros: lowBits * '0', sixes: lowBits * 6, low: lowBits * 0x0f, sixteens: lowBits * 0x10, high: lowBits * 0xf0,
	pairs: 0x00ff00ff00ff00ff, fours: 0x0000ffff0000ffff,
}
