import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Aim } from "../src/player/aim.js";
import { choosePlayed } from "../src/player/derived.js";
import { DriftMeter } from "../src/player/drift.js";
import { getGain, getShortfall, getTarget } from "../src/player/levels.js";
import { findLine } from "../src/player/line-times.js";
import { chooseBase, choosePicture } from "../src/player/model.js";
import { matchLevels } from "../src/player/pair-levels.js";
import { findTile } from "../src/player/pointer-picture.js";
import { chooseRunning, LIMIT } from "../src/player/running.js";
import { TimeView } from "../src/player/time-view.js";
import { describeTime, formatTime, stepFrames } from "../src/player/timecode.js";

/**
 * @param {Partial<import("../src/player/model.js").PlayerFile>} values
 * @returns {import("../src/player/model.js").PlayerFile}
 */
const makeFile = (values = {}) => ({
  path: "a.mp4",
  stage: "dubbed",
  label: "Dub",
  original: "/a.mp4",
  url: "/a.mp4",
  copy: "",
  kind: "video",
  size: 1_000_000,
  duration: 60,
  frameRate: 25,
  hasSound: true,
  problem: "",
  ...values,
});

/** @param {DriftMeter} meter @param {number[]} offsets */
const feed = (meter, offsets) => offsets.map((offset) => meter.add(offset));

describe("drift", () => {
  it("leaves single readings alone, which jitter", () => {
    const results = feed(new DriftMeter(), [0.002, -0.09, 0.004, 0.001, 0.003, 0.08, 0.002]);
    assert.deepEqual(new Set(results.map(({ factor }) => factor)), new Set([1]));
  });

  it("slows a sound that is ahead, until it is in time", () => {
    const meter = new DriftMeter();
    const last = feed(meter, Array(5).fill(0.04)).at(-1);
    assert.ok(last && last.factor < 1 && last.factor >= 0.95 && !last.mustSeek);
    assert.ok((feed(meter, Array(3).fill(0.01)).at(-1)?.factor ?? 1) < 1, "it is not in time yet");
    assert.equal(feed(meter, Array(5).fill(0.002)).at(-1)?.factor, 1);
  });

  it("corrects what is not audible much faster", () => {
    const factors = [true, false].map((isAudible) => {
      const meter = new DriftMeter();
      return Array.from({ length: 5 }, () => meter.add(0.2, isAudible).factor).at(-1);
    });
    assert.deepEqual(factors, [0.95, 0.6]);
  });

  it("hurries one that is late, and seeks when it is far away", () => {
    assert.ok((feed(new DriftMeter(), Array(5).fill(-0.1)).at(-1)?.factor ?? 1) > 1);
    assert.equal(new DriftMeter().add(-0.6).mustSeek, true);
  });
});

describe("a sound that joins a running picture", () => {
  /**
   * Let the picture run until the sound plays; each seek takes some seconds.
   * @param {number[]} lengths of the seeks, the last one repeated
   */
  const join = (lengths, aim = new Aim()) => {
    let [picture, sound, seeks] = [10, 8, 0];
    aim.reset();
    for (let step = aim.decide(sound - picture); step !== "start"; step = aim.decide(sound - picture)) {
      if (step === "seek") {
        sound = aim.begin(picture, 1000);
        picture += lengths[Math.min(seeks, lengths.length - 1)] ?? 0;
        seeks += 1;
      } else picture += 0.1;
      if (picture > 60) break;
    }
    return { offset: sound - picture, seeks, after: picture - 10 };
  };

  it("seeks once where seeks are fast", () => {
    const { offset, seeks } = join([0.04]);
    assert.equal(seeks, 1);
    assert.ok(Math.abs(offset + 0.04) < 1e-9);
  });

  for (const lengths of [
    [0.4],
    [0.9],
    [2.5],
    [6],
    [0.6, 0.7, 0.9],
    [1.2, 0.1],
    [2, 0.1, 2, 0.1],
    [0.3, 0.5, 0.8, 1.2, 1.7],
  ]) {
    it(`joins in time although seeks take ${lengths.join(", ")} s`, () => {
      const { offset, seeks, after } = join(lengths);
      assert.ok(offset >= -0.25 && offset <= 0.05, `${offset}`);
      assert.ok(seeks <= lengths.length + 1 && after < 15, `${seeks} seeks, ${after} s`);
    });
  }

  it("does not wait because of one slow seek before", () => {
    const aim = new Aim();
    join([3], aim);
    const { seeks, after } = join([0.04], aim);
    assert.ok(seeks === 2 && after < 1, `${seeks} seeks, ${after} s`);
  });

  it("never aims past the end of the sound", () => {
    const aim = new Aim();
    join([3], aim);
    assert.equal(aim.begin(13, 15), 13);
    assert.ok(aim.begin(11, 15) > 13.5);
  });

  it("seeks back when the picture went back", () => {
    assert.equal(new Aim().decide(3), "seek");
  });
});

describe("levels", () => {
  const source = makeFile({ loudness: { integrated: -23, truePeak: -8 } });
  it("matches the source's loudness", () => {
    const dub = makeFile({ loudness: { integrated: -16, truePeak: -1 } });
    assert.equal(getTarget([makeFile(), source, dub]), -23);
    assert.equal(getGain(dub, -23), -7);
    assert.equal(getGain(source, -23), 0);
  });

  it("adds no more than the peaks allow, and nothing to a file that was not measured", () => {
    assert.equal(getGain(makeFile({ loudness: { integrated: -30, truePeak: -4 } }), -23), 3);
    assert.equal(getGain(makeFile({ loudness: { integrated: -30, truePeak: 0.5 } }), -23), 0);
    assert.equal(getGain(makeFile({ loudness: { integrated: -60, truePeak: -40 } }), -23), 12);
    assert.equal(getGain(makeFile(), -23), 0);
    assert.equal(getGain(source, null), 0);
  });

  it("returns how much quieter a file remains", () => {
    assert.equal(getShortfall(makeFile({ loudness: { integrated: -60, truePeak: -40 } }), -23), 25);
    assert.equal(getShortfall(makeFile({ loudness: { integrated: -30, truePeak: -4 } }), -23), 4);
    assert.equal(getShortfall(makeFile({ loudness: { integrated: -3, truePeak: 0 } }), -23), 0);
    assert.equal(getShortfall(makeFile(), -23), 0);
  });
});

describe("levels of two versions", () => {
  const measure = (/** @type {number | null} */ integrated) => ({
    loudness: integrated === null ? null : { integrated, truePeak: -1 },
  });
  /** @param {(number | null)[]} loudness @param {boolean} [isLeveled] */
  const match = (loudness, isLeveled = true) => matchLevels(loudness.map(measure), isLeveled);
  const listVolumes = (/** @type {Parameters<typeof match>} */ ...chosen) =>
    match(...chosen).map(({ volume }) => volume);

  it("turns the louder one down to the quieter one", () => {
    assert.deepEqual(listVolumes([-23, -17]), [1, 10 ** (-6 / 20)]);
    assert.deepEqual(listVolumes([-17, -23]), [10 ** (-6 / 20), 1]);
    assert.deepEqual(
      match([-17, -23]).map(({ label }) => label),
      ["−17.0 LUFS, −6.0 dB", "−23.0 LUFS, +0.0 dB"],
    );
  });

  it("states how much quieter one remains that is quieter by more than the largest gain", () => {
    const [quiet, loud] = match([-40, -17]);
    assert.equal(quiet?.volume, 1);
    assert.equal(quiet?.label, "−40.0 LUFS, +0.0 dB, still 11.0 dB quieter");
    assert.equal(loud?.label, "−17.0 LUFS, −12.0 dB");
  });

  it("leaves both as they are if one was not measured, or the viewer chose so", () => {
    assert.deepEqual(listVolumes([null, -17]), [1, 1]);
    assert.deepEqual(listVolumes([-23, -17], false), [1, 1]);
    assert.equal(match([null, -17])[0]?.label, "");
  });
});

describe("pictures", () => {
  const source = makeFile({ path: "source.mp4" });
  const audio = makeFile({ kind: "audio", duration: 64 });
  it("shows one for all languages of its length", () => {
    const dub = makeFile({ duration: 60.1 });
    assert.equal(choosePicture(source, dub, false), source);
    assert.equal(choosePicture(source, dub, true), dub);
  });

  it("shows a language's own one if its length differs, where it has one", () => {
    const longer = makeFile({ duration: 64 });
    assert.equal(choosePicture(source, longer, false), longer);
    assert.equal(choosePicture(source, makeFile({ duration: null }), false), source);
    assert.equal(choosePicture(source, audio, true), source);
    assert.equal(choosePicture(makeFile({ kind: "audio" }), audio, false), audio);
  });

  it("starts with the first video, or without one with the first sound", () => {
    const language = (/** @type {any[]} */ ...files) => ({
      tag: "hi",
      name: "Hindi",
      isSource: false,
      noLines: "",
      files,
    });
    assert.equal(chooseBase([language(audio), language(audio, source)]), source);
    assert.equal(chooseBase([language(audio)]), audio);
  });

  it("starts with what can be played, and shows no language's own one that cannot yet", () => {
    const language = (/** @type {any[]} */ ...files) => ({
      tag: "hi",
      name: "Hindi",
      isSource: false,
      noLines: "",
      files,
    });
    const missing = makeFile({ url: "", copy: "pending", duration: 64 });
    assert.equal(chooseBase([language(missing), language(source)]), source);
    assert.equal(chooseBase([language(missing, audio)]), audio);
    assert.equal(chooseBase([language(missing)]), missing);
    assert.equal(choosePicture(source, missing, true), source);
  });
});

describe("what is played", () => {
  /** @returns {any} */
  const make = (/** @type {object} */ values) => ({ kind: "video", is_playable: false, pending: [], ...values });
  const proxy = { url: "/proxy.mp4" };
  const working = /** @type {any} */ ({ is_pending: true, has_worker: true });
  const waiting = /** @type {any} */ ({ is_pending: true, has_worker: false });
  const done = /** @type {any} */ ({ is_pending: false, has_worker: true });
  const mkv = makeFile({ original: "" });
  for (const [name, file, made, derived, expected] of /** @type {const} */ ([
    ["the file itself", makeFile(), make({ is_playable: true, proxy }), done, ["/a.mp4", ""]],
    ["the file itself before it was read", makeFile(), undefined, working, ["/a.mp4", ""]],
    ["a light copy", mkv, make({ proxy }), done, ["/proxy.mp4", ""]],
    ["a copy of the sound", mkv, make({ kind: "audio", audio: { url: "/a.m4a" } }), done, ["/a.m4a", ""]],
    ["nothing while the copy is made", makeFile(), make({ pending: ["proxy"] }), working, ["", "pending"]],
    ["nothing before the file was read", mkv, undefined, working, ["", "pending"]],
    ["nothing without a worker", mkv, make({ pending: ["proxy"] }), waiting, ["", "waiting"]],
    ["the file itself if there will be no copy", makeFile(), make({}), done, ["/a.mp4", ""]],
    ["nothing if there will be no copy of what is not sent", mkv, make({}), done, ["", "missing"]],
  ])) {
    it(`is ${name}`, () => {
      const { url, copy } = choosePlayed(file, made, derived);
      assert.deepEqual([url, copy], expected);
    });
  }
});

describe("part of the length that is shown", () => {
  const makeView = (duration = 60) => new TimeView(() => duration);

  it("shrinks around a time, which stays where it is, and grows again", () => {
    const view = makeView();
    view.zoom(1, 15);
    assert.deepEqual([view.factor, view.start, view.length, view.toFraction(15)], [2, 7.5, 30, 0.25]);
    assert.equal(view.toTime(0.5), 22.5);
    view.zoom(-1, 15);
    assert.deepEqual([view.start, view.length, view.isZoomed], [0, 60, false]);
  });

  it("has some seconds at least, and never leaves the whole", () => {
    const view = makeView();
    for (let times = 0; times < 20; times++) view.zoom(1, 60);
    assert.deepEqual([view.factor, view.factor === view.largestFactor, view.start + view.length], [8, true, 60]);
    view.pan(1);
    assert.equal(view.start + view.length, 60);
    view.reset();
    assert.equal(view.isZoomed, false);
    assert.equal(makeView(3).largestFactor, 1);
    assert.equal(makeView(0).largestFactor, 1);
  });

  it("follows a time that leaves it", () => {
    const view = makeView();
    let changes = 0;
    view.addEventListener("change", () => changes++);
    view.follow(40);
    view.zoom(1, 0);
    view.follow(29);
    assert.equal(changes, 1);
    view.follow(31);
    assert.deepEqual([view.includes(31), view.start, changes], [true, 28, 2]);
  });
});

describe("picture at the pointer", () => {
  const strip = { url: "/s.webp", width: 160, height: 90, columns: 10, count: 25, interval: 2 };
  it("is the tile of its time", () => {
    assert.deepEqual(findTile(strip, 0), { left: 0, top: 0 });
    assert.deepEqual(findTile(strip, 3.9), { left: 160, top: 0 });
    assert.deepEqual(findTile(strip, 21), { left: 0, top: 90 });
    assert.deepEqual(findTile(strip, 999), { left: 640, top: 180 });
  });
});

describe("running sounds", () => {
  const sounds = Array.from({ length: LIMIT + 4 }, (_, at) => makeFile({ path: `${at}`, soundUrl: `/${at}.m4a` }));
  it("are few, without repetition", () => {
    const [first, second] = sounds;
    assert.ok(first && second);
    assert.deepEqual(chooseRunning([first, second, first, ...sounds], LIMIT), sounds.slice(0, LIMIT));
  });

  it("are those that can be audible", () => {
    const [first, second] = sounds;
    assert.ok(first && second);
    assert.deepEqual(chooseRunning([{ ...first, soundUrl: undefined, url: "" }, second], LIMIT), [second]);
  });

  it("are only the two that are compared, where each is a large video", () => {
    const videos = sounds.map((file) => ({ ...file, soundUrl: undefined, size: 60_000_000 }));
    assert.deepEqual(chooseRunning(videos, LIMIT), videos.slice(0, 2));
  });
});

describe("lines", () => {
  const lines = [
    { start: 1000, end: 2000 },
    { start: 2500, end: 3000 },
    { start: 2500, end: 4000 },
    { start: 9000, end: 9500 },
  ];
  for (const [time, expected] of /** @type {const} */ ([
    [0, -1],
    [1000, 0],
    [2400, 0],
    [2600, 2],
    [8000, 2],
    [99_000, 3],
  ])) {
    it(`has number ${expected} at ${time} ms`, () => assert.equal(findLine(lines, time), expected));
  }
});

describe("times", () => {
  it("are shown with what they need", () => {
    assert.deepEqual(
      [0, 59.99, 62.3, 3723].map((time) => formatTime(time)),
      ["0:00", "0:59", "1:02", "1:02:03"],
    );
    assert.equal(formatTime(41.05, { hasTenths: true }), "0:41.0");
    assert.equal(describeTime(3661), "1 hour 1 minute 1 second");
    assert.equal(describeTime(0), "0 seconds");
  });

  it("of frames are in their middle, whichever frame rate", () => {
    for (const rate of [23.976, 25, 29.97, 60]) {
      let time = 0;
      for (let frame = 1; frame < 200; frame++) {
        time = stepFrames(time, 1, rate);
        assert.ok(Math.abs(time - (frame + 0.5) / rate) < 1e-9);
      }
      assert.ok(Math.abs(stepFrames(time, -1, rate) - 198.5 / rate) < 1e-9);
    }
    assert.equal(stepFrames(0, -1, 25), 0);
  });
});
