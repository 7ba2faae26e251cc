// Package template is the language in which callbacks are described: texts with
// {variables}, and the custom payload configuration that makes {customData#name}
// variables of the bytes of a message. Both are compiled once and work in both
// directions, so a receiver can read back what a sender wrote with the same
// description.
//
//   - Parse compiles the text of a body, URL, header, form or line. Template.Append
//     renders it with the values of a Source, and Template.Match reads a rendered
//     text back into a Sink. Where many messages are rendered, a ValueSource spares
//     Append most of the work.
//   - ParsePayloadConfig compiles a payload configuration. PayloadConfig.Decode
//     turns the bytes of a message into typed values, and PayloadConfig.Encode turns
//     values into bytes.
//
// The language has no loops, conditions or functions. For pages or reports, use
// text/template or html/template.
//
// # Guarantees
//
// A Template and a PayloadConfig never change and are safe for concurrent use.
// Values are escaped for the place where they are inserted, and are never expanded
// again. No input makes the package panic. Errors name the offset, and the variable
// or field. Appending, and decoding values other than texts, allocate nothing once
// the buffers have grown.
//
// # Custom payloads
//
// The official grammar contradicts itself in places. ParsePayloadConfig,
// PayloadConfig.Decode and PayloadConfig.Encode document how this package treats
// bit offsets, empty indexes, byte order, overlaps, gaps and short messages. Their
// behaviour follows messages that the live cloud decoded. Field.ParseValue restores
// the type of a value that arrives as text.
package template
