// URL: every state of the page stands in it, so that a link shows what its sender saw.

/** The words of the query, as they are now. */
export function query() {
  return new URLSearchParams(location.search);
}

/** Change words of the query in place; an empty word takes its name out. */
export function put(words, { asStep = false } = {}) {
  const next = query();
  for (const [name, word] of Object.entries(words)) {
    if (word === null || word === "") next.delete(name);
    else next.set(name, word);
  }
  const search = next.toString().replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%2C", ",");
  const url = search ? `${location.pathname}?${search}` : location.pathname;
  if (url === location.pathname + location.search) return;
  if (asStep) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}
