'use strict';
// oracle.js WHAT < input > answer: asks an npm package and prints its opinion as JSON.
//
//   webhook SECRET   in: {"headers": {...}, "body": "base64"}      out: {"accepted": bool, "why": text}
//   ed25519 PUBLIC   in: the same; PUBLIC is whpk_...              out: the same, by Node's own crypto
//   cloudevent       in: the same                                  out: the event as the CloudEvents SDK reads it
//   mail             in: a mail                                    out: subject, names, text, html as mailparser reads them
//   josa             in: [["은행", "은/는"], ...]                   out: ["은행은", ...]
//   segments         in: ["text", ...]                             out: [{"encoding", "segments"}, ...], by Twilio's calculator
//   split            in: ["text", ...]                             out: the same, by split-sms
//   mustache         in: {"template", "data", "partials"}          out: {"text"}
//
// Packages are found through NODE_PATH (build/npm/node_modules).

const fs = require('fs');

const input = fs.readFileSync(0);
const json = () => JSON.parse(input.toString('utf8'));

// A stored request is judged at its own time: the verifier's five minutes are about the receiver's clock.
function webhook(secret) {
  const { Webhook } = require('standardwebhooks');
  const { headers, body } = json();
  const stamp = Number(headers['webhook-timestamp']) * 1000;
  Date.now = () => stamp;
  const RealDate = Date;
  global.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length ? args : [stamp]));
    }
  };
  try {
    new Webhook(secret).verify(Buffer.from(body, 'base64'), headers);
    return { accepted: true, why: '' };
  } catch (error) {
    return { accepted: false, why: String(error.message) };
  }
}

function ed25519(publicKey) {
  const crypto = require('crypto');
  const { headers, body } = json();
  const raw = Buffer.from(publicKey.replace('whpk_', ''), 'base64');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  const key = crypto.createPublicKey({ key: der, format: 'der', type: 'spki' });
  const head = `${headers['webhook-id']}.${headers['webhook-timestamp']}.`;
  const signed = Buffer.concat([Buffer.from(head), Buffer.from(body, 'base64')]);
  const given = headers['webhook-signature'].split(' ').filter((one) => one.startsWith('v1a,'));
  const good = given.some((one) => crypto.verify(null, signed, key, Buffer.from(one.slice(4), 'base64')));
  return { accepted: good, why: good ? '' : `none of ${given.length} v1a signatures is good` };
}

function cloudevent() {
  const { HTTP } = require('cloudevents');
  const { headers, body } = json();
  const event = HTTP.toEvent({ headers, body: Buffer.from(body, 'base64').toString('utf8') });
  event.validate();
  return event.toJSON();
}

async function mail() {
  const { simpleParser } = require('mailparser');
  const parsed = await simpleParser(input, { skipTextToHtml: true, skipHtmlToText: true });
  const people = (field) => (parsed[field] ? parsed[field].value : []);
  return {
    subject: parsed.subject,
    from: people('from'),
    to: people('to'),
    replyTo: people('replyTo'),
    messageId: parsed.messageId,
    date: parsed.date,
    text: parsed.text,
    html: parsed.html,
    attachments: parsed.attachments.length,
    files: parsed.attachments.map((file) => ({
      name: file.filename,
      type: file.contentType,
      cid: file.cid,
      shown: file.contentDisposition,
      content: file.content.toString('base64'),
    })),
    headers: parsed.headerLines,
  };
}

function josa() {
  const hangul = require('es-hangul');
  return json().map(([word, particle]) => hangul.josa(word, particle));
}

function segments() {
  const { SegmentedMessage } = require('sms-segments-calculator');
  return json().map((text) => {
    const message = new SegmentedMessage(text);
    return { encoding: message.encodingName, segments: message.segmentsCount };
  });
}

function split() {
  const splitter = require('split-sms');
  return json().map((text) => {
    const answer = splitter.split(text, { summary: true });
    return { encoding: answer.characterSet, segments: answer.parts.length };
  });
}

function mustache() {
  const { template, data, partials } = json();
  return { text: require('mustache').render(template, data, partials || {}) };
}

const oracles = { webhook, ed25519, cloudevent, mail, josa, segments, split, mustache };
const oracle = oracles[process.argv[2]];
if (!oracle) {
  process.stderr.write(`oracle.js: one of ${Object.keys(oracles).join(', ')}\n`);
  process.exit(64);
}
Promise.resolve(oracle(process.argv[3])).then((answer) => process.stdout.write(JSON.stringify(answer) + '\n'));
