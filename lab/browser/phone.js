// The phone's page: JsSIP and nothing around it. The driver calls what hangs on `phone`; what JsSIP
// does goes to the console, which is this UE's log.
import JsSIP from 'jssip';

JsSIP.debug.enable('JsSIP:*');

let agent = null;
let session = null;
let answers = false;

// Resolves with the first of `good`, rejects with the first of `bad`.
function happens(emitter, good, bad) {
  return new Promise((resolve, reject) => {
    for (const name of good) emitter.once(name, resolve);
    for (const name of bad) {
      emitter.once(name, (event) => reject(new Error(`${name}: ${(event && event.cause) || 'no cause given'}`)));
    }
  });
}

function keep(next) {
  session = next;
  console.log(`session ${next.direction} with ${next.remote_identity.uri}`);
  // What a phone does with media is not this lab's: see docs/reference-points/gm.md.
  next.on('peerconnection', () => console.log('peer connection made'));
  for (const name of ['progress', 'accepted', 'confirmed', 'ended', 'failed']) {
    next.on(name, (event) => console.log(`session ${name}`, (event && event.cause) || ''));
  }
  if (next.direction === 'incoming' && answers) next.answer({ mediaConstraints: { audio: true, video: false } });
}

window.phone = {
  async register({ url, identity, user, password, expires }) {
    agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: identity,
      authorization_user: user,
      password,
      register_expires: expires,
      session_timers: false,
      user_agent: 'imslab browser phone (JsSIP)',
    });
    agent.on('newRTCSession', (event) => keep(event.session));
    const done = happens(agent, ['registered'], ['registrationFailed']);
    agent.start();
    await done;
  },
  async deregister() {
    const done = happens(agent, ['unregistered'], []);
    agent.unregister();
    await done;
  },
  // From now on whoever calls is answered.
  async answer() {
    answers = true;
    session = null;
  },
  // Calls, and hangs up once the other end has answered.
  async call(target) {
    session = agent.call(target, { mediaConstraints: { audio: true, video: false } });
    await happens(session, ['confirmed'], ['failed']);
    const ended = happens(session, ['ended'], ['failed']);
    session.terminate();
    await ended;
  },
  // Until the session that was answered is over.
  async over() {
    if (session === null) throw new Error('nobody has called');
    if (!session.isEnded()) await happens(session, ['ended'], ['failed']);
  },
};
