// Package template is the language in which callbacks are described: texts with
// {variables}, and the custom payload configuration that makes {customData#name}
// variables of the bytes of a message. Both are compiled once and run both ways,
// so that what a sender writes a receiver reads back with the same description.
//
//   - Parse compiles the text of a body, URL, header, form or line; Template.Append
//     renders it with the values of a Source, Template.Match reads such a text
//     back into a Sink. Where many messages are rendered, a ValueSource spares
//     Append most of the work.
//   - ParsePayloadConfig compiles a payload configuration; PayloadConfig.Decode
//     turns a message into typed values, PayloadConfig.Encode turns values into a
//     message.
//
// It has no loops, conditions or functions, and is not meant for pages or reports:
// text/template and html/template are.
//
// # Guarantees
//
// A Template and a PayloadConfig never change and are safe for concurrent use.
// Values are escaped for the place they stand in and are never expanded again.
// No input makes the package panic; errors name the offset, and the variable or
// field. Appending, and decoding values other than texts, allocate nothing once
// the buffers have grown.
//
// # Custom payloads
//
// The official grammar contradicts itself in places. What this package makes of
// bit offsets, empty indexes, byte order, overlaps, gaps and short messages is
// said at ParsePayloadConfig, PayloadConfig.Decode and PayloadConfig.Encode, and
// follows messages that the live cloud decoded. Field.ParseValue gives a value
// its type back that arrives as text.
package template
