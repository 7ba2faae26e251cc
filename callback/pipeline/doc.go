// Package pipeline is the Sigfox Cloud from the frames that base stations hear to
// the callbacks that customers get, with its parts put together in one small type.
//
//	first frame        -> DATA/UPLINK and DATA/BIDIR, at once
//	25 s later         -> SERVICE/DATA_ADVANCED, with all that the stations heard
//	device asked       -> a downlink while it listens, SERVICE/ACKNOWLEDGE after 35 s
//	out-of-band frame  -> SERVICE/STATUS or SERVICE/REPEATER
//	silence            -> ERROR, once the keep-alive delay is over
//	number missing     -> EVENT INVALID_SEQ_NUMBER, or OUT_OF_SEQUENCE and no delivery
//	too many messages  -> EVENT OVERUSAGE, once a day
//	platform says so   -> EVENT of any kind
//
// A routing.Registry says where callbacks go, and a Sender, such as a
// dispatch.Dispatcher, delivers them. The other parts have defaults and can be
// replaced: those that merge frames, watch sequence numbers and silences, and count
// quotas. The caller provides the radio: Options.Emit has a base station send a
// downlink.
//
//	p, err := pipeline.New(pipeline.Options{Registry: registry, Sender: sender})
//	...
//	go p.Run(ctx)
//	verdict, err := p.Frame(ctx, time.Now(), frame) // for each frame of each station
//
// The answers to BIDIR callbacks come in by OnAttempt, which is to be called from the
// dispatcher's hook of that name. As each of the two needs the other, the hook is a
// closure:
//
//	var p *pipeline.Pipeline
//	d, err := dispatch.New(dispatch.Options{Hooks: dispatch.Hooks{
//		OnAttempt: func(ctx context.Context, end dispatch.AttemptEnd) { p.OnAttempt(ctx, end) },
//	}})
//	p, err = pipeline.New(pipeline.Options{Sender: d, ...})
//
// The package is for those who run or simulate a network. A customer who receives
// callbacks needs only package callback. SERVICE/GEOLOC, which the cloud has replaced
// by DATA_ADVANCED, is not sent.
//
// # Downlinks
//
// A device that asks listens from 20 s to 45 s after its message (19 s to 52.5 s in
// RC3 and RC5, see downlink.WindowOf). Its answer comes from the selected BIDIR
// callback or, in DIRECT mode, from the template of the device type. Only the first
// attempt of a callback counts, since a repeated one comes too late. The downlink is
// emitted when the device begins to listen, or as soon as the answer arrives after
// that. If there is no answer by the time the device stops listening, the outcome is
// NO_ANSWER. The outcome is reported 35 s after the message, as observed of the cloud,
// or when it is known if that is later. The rules that decide it are documented at
// downlink.Opportunity.
//
// # Guarantees
//
// All methods are safe for concurrent use, and messages of different devices hold
// each other up only very briefly. Only Run reads the clock or starts a goroutine;
// programs that have a clock of their own, such as simulations, call Advance in place
// of Run. Memory is bounded by the options and by the bounds of the parts.
//
// What is not handed to the Sender is reported to a hook: callbacks whose template
// cannot be rendered, for which the Sender has no room, or which exceed the limit
// of their device type. Nothing is kept after the process ends: whatever is open then
// is lost, unless Drain finishes it first.
package pipeline
