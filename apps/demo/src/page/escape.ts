/** Escape in a box of text puts back what it rests on, `data-rest`, or nothing. */
export function runEscape(): void {
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (key !== 'Escape' || event.isComposing) return;
    if (!(target instanceof HTMLInputElement) || target.type !== 'text') return;
    target.value = target.dataset['rest'] ?? '';
  });
}
