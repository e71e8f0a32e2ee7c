/** Escape in a text box restores the text in `data-rest`, or clears the box. */
export function runEscape(): void {
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (key !== 'Escape' || event.isComposing) return;
    if (!(target instanceof HTMLInputElement) || target.type !== 'text') return;
    target.value = target.dataset['rest'] ?? '';
  });
}
