(() => {
  const rows = () => [...document.querySelectorAll('details.m > summary')].filter(s => s.offsetParent);
  document.querySelector('.tools').addEventListener('click', event => {
    const what = event.target.dataset.do;
    if (what === 'implied') {
      const shown = document.body.classList.toggle('show-implied');
      event.target.setAttribute('aria-pressed', shown);
    } else if (what) {
      for (const row of rows()) row.parentElement.open = what === 'open';
    }
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const all = rows();
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    const next = all[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next) { next.focus(); event.preventDefault(); }
  });
})();
