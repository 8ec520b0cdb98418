const [drop, file, camera, limits, status, result, photo, best, uncertain, answers, timing, explain, why, heat, known] =
  ['drop', 'file', 'camera', 'limits', 'status', 'result', 'photo', 'best', 'uncertain', 'answers', 'timing', 'explain', 'why', 'heat', 'known']
    .map(id => document.getElementById(id));

let info = { labels: [], maxBytes: Infinity, explains: false };
let current = null;              // the photo that is shown
let running = new AbortController();

const percent = share => `${(100 * share).toFixed(1)}%`;
const megabytes = bytes => `${(bytes / 1e6).toFixed(1).replace('.0', '')} MB`;

function say(text, kind = '') {
  status.textContent = text;
  status.className = kind;
}

/** Sends a photo as it is. What goes wrong is an error whose message is for people. */
async function post(path, blob, signal) {
  let response;
  try {
    // The server looks at the bytes, not at what the system takes a file for.
    const type = blob.type.startsWith('image/') ? blob.type : 'application/octet-stream';
    response = await fetch(path, { method: 'POST', headers: { 'Content-Type': type }, body: blob, signal });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The server does not answer. Check the connection, then try again.');
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const wait = response.headers.get('Retry-After');
  const error = new Error((problem.detail ?? problem.title ?? `The server answered ${response.status}.`) + (wait ? ` (in ${wait} s)` : ''));
  error.status = response.status;
  throw error;
}

async function classify(blob) {
  running.abort();               // only the latest photo counts
  running = new AbortController();
  const { signal } = running;
  show(blob);
  try {
    if (blob.size > info.maxBytes) throw new Error(`This file has ${megabytes(blob.size)}. A photo may have ${megabytes(info.maxBytes)} at most.`);
    const start = performance.now();
    const response = await post('predict', blob, signal);
    tell(await response.json(), performance.now() - start);
  } catch (error) {
    if (signal.aborted) return;
    current = null;
    result.hidden = true;
    say(`${blob.name ?? 'The photo'}: ${error.message}`, 'error');
  }
}

function show(blob) {
  current = blob;
  say('Looking at the photo…');
  URL.revokeObjectURL(photo.src);
  photo.src = URL.createObjectURL(blob);
  photo.alt = blob.name ? `Your photo ${blob.name}` : 'Your photo';
  forgetWhy();
  explain.hidden = true;
  result.ariaBusy = 'true';
  result.hidden = false;
}

function tell({ top, certain, milliseconds }, total) {
  const name = certain === false ? 'Not certain' : top[0].label;
  best.textContent = name;
  uncertain.hidden = certain !== false;
  answers.replaceChildren(...top.map(({ label, probability }) => {
    const [row, number, bar] = ['li', 'data', 'span'].map(element => document.createElement(element));
    number.value = probability;
    number.textContent = percent(probability);
    bar.style.setProperty('--share', percent(probability));
    bar.ariaHidden = 'true';
    row.append(label, ' ', number, bar);
    return row;
  }));
  timing.textContent = `Answered in ${milliseconds.toFixed(0)} ms, ${total.toFixed(0)} ms with sending the photo.`;
  explain.hidden = !info.explains;
  result.ariaBusy = 'false';
  say(`${certain === false ? 'Not certain, perhaps ' : ''}${top[0].label}, ${percent(top[0].probability)}.`, 'silent');
}

/** Shows or hides what decided the answer, over the photo. */
async function toggleWhy() {
  if (explain.ariaBusy === 'true') return;   // not disabled, which would take the focus away
  if (!heat.hidden) {
    cover(false);
    return;
  }
  const { signal } = running;
  try {
    if (!heat.hasAttribute('src')) {
      explain.ariaBusy = 'true';
      const image = await (await post('explain', current, signal)).blob();
      if (signal.aborted) return;
      heat.src = URL.createObjectURL(image);
    }
    cover(true);
    say('The photo shows which places decided the answer.', 'silent');
  } catch (error) {
    if (signal.aborted) return;
    say(error.message, 'error');
  } finally {
    explain.ariaBusy = 'false';
  }
}

function cover(covers) {
  heat.hidden = why.hidden = !covers;
  explain.ariaExpanded = String(covers);
  explain.textContent = covers ? 'Hide why' : 'Show why';
}

function forgetWhy() {
  URL.revokeObjectURL(heat.src);
  heat.removeAttribute('src');
  cover(false);
}

for (const input of [file, camera]) {
  input.addEventListener('change', () => {
    const [chosen] = input.files;
    input.value = '';            // the same photo can be chosen again
    if (chosen) classify(chosen);
  });
}
explain.addEventListener('click', toggleWhy);
addEventListener('paste', event => {
  const [pasted] = event.clipboardData.files;
  if (pasted) classify(pasted);
  else say('There is no photo on the clipboard.', 'error');
});
for (const type of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  addEventListener(type, event => {
    event.preventDefault();      // a photo that misses the field must not replace the page
    drop.classList.toggle('over', type === 'dragenter' || type === 'dragover');
    if (type !== 'drop') return;
    const [dropped] = event.dataTransfer.files;
    if (dropped) classify(dropped);
    else say('That is not a file. Save the photo first, then drop it here.', 'error');
  });
}

try {
  const response = await fetch('info');
  if (response.ok) info = await response.json();
} catch {
  // The first photo will say that the server does not answer.
}
if (info.labels.length > 0) {
  limits.textContent += `, up to ${megabytes(info.maxBytes)}`;
  known.querySelector('summary').textContent = `The ${info.labels.length} flowers that the network knows`;
  known.querySelector('ul').replaceChildren(...info.labels.map(label => {
    const item = document.createElement('li');
    item.textContent = label;
    return item;
  }));
  known.hidden = false;
}
