// Package wire reads what the Sigfox Cloud sends: the members of JSON objects
// and of forms, one after the other and without allocating, and lenient scalars
// in them. Customers write the templates of their callbacks by hand, so numbers
// come as strings, booleans as "True", and absent values as null, "null", "N/A",
// "" or an unreplaced {name}. It writes JSON that it can read back.
package wire
