// Package pipeline is the Sigfox Cloud from the frames that base stations hear to
// the callbacks that customers get: its parts put together in one small type.
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
// Where callbacks go is asked of a routing.Registry; a Sender, such as a
// dispatch.Dispatcher, delivers them. The other parts have defaults and can be
// replaced: what merges frames, watches sequence numbers and silences, and counts
// quotas. The radio is the caller's: Options.Emit has a base station send a
// downlink.
//
//	p, err := pipeline.New(pipeline.Options{Registry: registry, Sender: sender})
//	...
//	go p.Run(ctx)
//	verdict, err := p.Frame(ctx, time.Now(), frame) // for each frame of each station
//
// The answers to BIDIR callbacks come by OnAttempt, which belongs into the hook of
// that name of the dispatcher. As each of the two needs the other, the hook is a
// closure:
//
//	var p *pipeline.Pipeline
//	d, err := dispatch.New(dispatch.Options{Hooks: dispatch.Hooks{
//		OnAttempt: func(ctx context.Context, end dispatch.AttemptEnd) { p.OnAttempt(ctx, end) },
//	}})
//	p, err = pipeline.New(pipeline.Options{Sender: d, ...})
//
// It is for those who run a network or simulate one. A customer who receives
// callbacks needs package callback only. SERVICE/GEOLOC, which the cloud has given up
// for DATA_ADVANCED, is not sent.
//
// # Downlinks
//
// A device that asks listens from 20 s to 45 s after its message (19 s to 52.5 s in
// RC3 and RC5, see downlink.WindowOf). Its answer comes from the selected BIDIR
// callback, of which the first attempt counts, since a repeated one comes too late;
// in DIRECT mode from the template of the device type. The downlink is emitted when
// the device begins to listen, or as soon as the answer is there; without answer
// when it ends to listen the outcome is NO_ANSWER. The outcome is reported 35 s
// after the message, as observed of the cloud, or when it is known if that is later.
// Which outcome follows from what is told by downlink.Opportunity.
//
// # Guarantees
//
// All methods are safe for concurrent use, and messages of different devices hold
// each other up only for the shortest of times. No method but Run reads the clock or
// starts a goroutine; those who have a clock of their own, such as a simulation,
// call Advance in place of Run. Memory is bounded by the options and by what the
// parts are bounded by.
//
// What is not handed to the Sender is told to a hook: callbacks whose template
// cannot be rendered, which the Sender has no room for, or which are above the limit
// of their device type. Nothing is kept over the end of the process: what is open
// then is lost, unless Drain ends it first.
package pipeline
