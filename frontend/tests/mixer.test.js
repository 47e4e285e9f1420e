import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

/** @typedef {import("../src/player/model.js").PlayerFile} PlayerFile */

// Elements whose seeks take a set time, which no browser provides.
const STEP = 0.01; // seconds
const FOLLOW_EVERY = 10; // steps

/** @type {FakeAudio[]} */
let elements = [];
let now = 0;
let seekTime = 0;
/** @type {Record<string, number>} */
let lengths = {};

class FakeAudio extends EventTarget {
  paused = true;
  seeking = false;
  readyState = 4;
  playbackRate = 1;
  src = "";
  actions = 0;
  #time = 0;
  #until = 0;

  constructor() {
    super();
    elements.push(this);
  }

  get duration() {
    return lengths[this.src] ?? 100;
  }

  get currentTime() {
    return this.#time;
  }

  set currentTime(value) {
    this.#time = Math.min(value, this.duration);
    this.seeking = true;
    this.readyState = 1;
    this.#until = now + seekTime;
    this.actions += 1;
  }

  async play() {
    this.paused = false;
    this.actions += 1;
  }

  pause() {
    if (!this.paused) this.actions += 1;
    this.paused = true;
  }

  load() {}
  removeAttribute() {}

  advance() {
    if (this.seeking && now >= this.#until) {
      this.seeking = false;
      this.readyState = 4;
      this.dispatchEvent(new Event("seeked"));
    }
    if (this.paused || this.seeking) return;
    this.#time = Math.min(this.duration, this.#time + STEP * this.playbackRate);
    this.dispatchEvent(new Event("playing"));
  }
}

class FakeGain {
  context = { currentTime: 0 };
  gain = { value: 0, cancelScheduledValues() {}, setValueAtTime() {}, linearRampToValueAtTime() {} };
  connect() {}
  disconnect() {}
}

class FakeContext {
  destination = {};
  createMediaElementSource() {
    return { connect: (/** @type {unknown} */ node) => node };
  }
  async resume() {}
  async close() {}
}

/** @param {string} path @returns {PlayerFile} */
const makeFile = (path) =>
  /** @type {PlayerFile} */ ({ path, soundUrl: `/${path}`, url: "", size: 1, duration: 100, kind: "audio" });

describe("a mixer beside a running picture", () => {
  /** @type {typeof import("../src/player/mixer.js").Mixer} */
  let Mixer;
  before(async () => {
    Object.assign(globalThis, {
      Audio: FakeAudio,
      GainNode: FakeGain,
      AudioContext: FakeContext,
      HTMLMediaElement: { HAVE_ENOUGH_DATA: 4 },
    });
    ({ Mixer } = await import("../src/player/mixer.js"));
  });

  /**
   * Play one sound from 10 s, then choose another one; return the mixer and a function that lets seconds pass.
   * @param {{seconds: number, length?: number}} options how long seeks take, and the length of the other sound
   */
  const start = ({ seconds, length = 100 }) => {
    let picture = 10;
    let steps = 0;
    [elements, now, seekTime, lengths] = [[], 0, 0, { "/b": length }];
    const mixer = new Mixer({ getLevel: () => 1, getTime: () => picture, limit: 16 });
    mixer.unlock();
    const pass = (/** @type {number} */ duration) => {
      for (const end = now + duration; now < end; steps++) {
        now += STEP;
        picture += STEP;
        for (const element of elements) element.advance();
        if (steps % FOLLOW_EVERY === 0) mixer.follow(picture);
      }
    };
    const [a, b] = ["a", "b"].map(makeFile);
    assert.ok(a && b);
    mixer.choose(a, []);
    for (const element of elements) element.advance();
    mixer.start(picture);
    pass(0.5);
    seekTime = seconds;
    mixer.choose(b, [a]);
    const getOther = () => mixer.sounds.find(({ file }) => file === b)?.element;
    return { mixer, pass, getOther, getPicture: () => picture };
  };

  for (const seconds of [0.04, 0.4, 0.9, 2.5]) {
    it(`switches in time although seeks take ${seconds} s`, () => {
      const { mixer, pass, getOther, getPicture } = start({ seconds });
      pass(4 * seconds + 1);
      assert.equal(mixer.audible?.file.path, "b");
      pass(5);
      const offset = (getOther()?.currentTime ?? 0) - getPicture();
      assert.ok(Math.abs(offset) < 0.1, `${offset}`);
    });
  }

  it("lets no sound be audible that was set to its end before its time", () => {
    const { mixer, pass, getOther, getPicture } = start({ seconds: 1.6, length: 15 });
    while (getPicture() < 14.9) {
      pass(0.1);
      if (mixer.audible?.file.path === "b") assert.equal(getOther()?.paused, false);
    }
  });

  it("does not play what ended while it was being prepared", () => {
    const { pass, getOther, getPicture } = start({ seconds: 1.2, length: 11 });
    pass(6);
    assert.ok(getPicture() > 16);
    const other = getOther();
    assert.ok(
      other && other.currentTime === 11 && /** @type {FakeAudio} */ (/** @type {unknown} */ (other)).actions < 6,
    );
  });

  it("lets five sounds load at once, and then one after the other", () => {
    const { mixer } = start({ seconds: 0.04 });
    const [first, ...others] = Array.from({ length: 20 }, (_, at) => makeFile(`${at}`));
    assert.ok(first);
    mixer.choose(first, others);
    const count = () => mixer.sounds.filter(({ file }) => file.path !== "a").length;
    assert.equal(count(), 5);
    mixer.addNext();
    assert.equal(count(), 5, "they are still being set to the picture's time");
    now += 1;
    for (let at = 0; at < 20; at++) {
      for (const element of elements) element.advance();
      mixer.addNext();
      now += 1;
    }
    assert.equal(count(), 16);
  });

  it("plays the file itself when its separate sound cannot be fetched", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    context.mock.method(globalThis, "fetch", async () => ({ status: 404, body: null }));
    [elements, now, seekTime, lengths] = [[], 0, 0, {}];
    const mixer = new Mixer({ getLevel: () => 1, getTime: () => 10, limit: 16 });
    mixer.unlock();
    mixer.choose({ ...makeFile("a"), url: "/file" }, []);
    const [element] = elements;
    assert.ok(element && mixer.audible);
    element.playbackRate = 1.5;
    element.dispatchEvent(new Event("error"));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([element.src, element.playbackRate, mixer.audible.hasFailed], ["/file", 1.5, false]);

    element.dispatchEvent(new Event("error"));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([element.src, mixer.audible.hasFailed], ["/file", true]);
    mixer.close();
  });
});
