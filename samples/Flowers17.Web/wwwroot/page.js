const [drop, file, status, photo, answers] = ['drop', 'file', 'status', 'photo', 'answers'].map(id => document.getElementById(id));
let latest = 0;

async function classify(blob) {
  const turn = ++latest;
  say('Looking…');
  answers.replaceChildren();
  URL.revokeObjectURL(photo.src);
  photo.src = URL.createObjectURL(blob);
  photo.alt = blob.name ? `The photo ${blob.name}` : 'The photo';
  photo.hidden = false;
  let answer;
  try {
    const response = await fetch('predict', { method: 'POST', headers: { 'Content-Type': blob.type || 'application/octet-stream' }, body: blob });
    answer = await response.json();
    if (!response.ok) throw new Error(answer.detail ?? answer.title ?? `The server answered ${response.status}.`);
  } catch (error) {
    if (turn !== latest) return;
    photo.hidden = true;
    say(error.message, true);
    return;
  }
  if (turn !== latest) return;   // another photo was chosen meanwhile
  answers.replaceChildren(...answer.top.map(({ label, probability }) => {
    const [row, number, bar] = ['li', 'data', 'span'].map(name => document.createElement(name));
    number.value = probability;
    number.textContent = percent(probability);
    bar.style.setProperty('--share', percent(probability));
    bar.ariaHidden = 'true';
    row.append(label, ' ', number, bar);
    return row;
  }));
  const best = answer.top[0];
  say(`${best.label}, ${percent(best.probability)}. Answered in ${answer.milliseconds.toFixed(0)} ms.`);
}

const percent = share => `${(100 * share).toFixed(1)}%`;

function say(text, isError = false) {
  status.textContent = text;
  status.classList.toggle('error', isError);
}

file.addEventListener('change', () => file.files[0] && classify(file.files[0]));
addEventListener('paste', event => {
  const pasted = [...event.clipboardData.files].find(item => item.type.startsWith('image/'));
  if (pasted) classify(pasted);
});
for (const type of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  addEventListener(type, event => {
    event.preventDefault();   // a photo that misses the field must not replace the page
    drop.classList.toggle('over', type.startsWith('drag') && type !== 'dragleave');
    if (type === 'drop' && event.dataTransfer.files[0]) classify(event.dataTransfer.files[0]);
  });
}
