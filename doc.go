// Package sigfox holds the vocabulary that all packages of this module share:
// device and station ids, sequence numbers, payloads, message keys and optional
// values. It imports no other package of the module.
//
// The other packages do the work:
//
//   - callback receives, verifies, parses and answers the callbacks of the Sigfox Cloud;
//   - event does the same for EVENT callbacks;
//   - downlink holds the 8-byte answer and the downlinks that wait for a device;
//   - template renders callback templates, reads them back, and decodes custom payloads;
//   - dedup turns radio frames into messages and recognises callbacks sent twice;
//   - keepalive tells which devices fell silent.
//
// A message is one uplink of a device. A frame is one copy of a message, heard by
// one base station. The terms and facts of the network are those of the
// documentation at https://support.sigfox.com/docs.
//
// All types of this package except ParseError are values: they can be copied and
// compared, and their zero value is usable. Their methods allocate only when they
// return a new string, slice or error, or read JSON.
package sigfox
