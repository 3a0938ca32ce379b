// Have the service worker keep this page, so that the next visit works without a network.

const ENOUGH = 3000; // milliseconds to wait for it: a page that is not kept runs all the same
const STUCK = 500; // milliseconds after which a newer one is reminded to take over

// Resolves when the worker is in charge of the page, or it is clear that it will not be.
export async function keepOffline(settings) {
  const address = new URL("service-worker.js", settings.root);
  address.searchParams.set("version", settings.version);
  address.searchParams.set("python", settings.python);
  address.searchParams.set("runtime", settings.runtime);
  address.searchParams.set("compiled", settings.store);
  const charge = (async () => {
    const container = navigator.serviceWorker; // a browser that keeps nothing has none, or refuses to name it
    if (!container) return;
    const registration = await container.register(address);
    let since = 0; // when it took over: what an older one brought before, it has thrown away
    while (container.controller?.scriptURL !== address.href) { // an older one would keep what the newer throws away
      const timer = setInterval(() => registration.waiting?.postMessage([]), STUCK);
      await new Promise((resolve) => container.addEventListener("controllerchange", resolve, { once: true }));
      clearInterval(timer);
      since = performance.now();
    }
    container.controller.postMessage([location.href.split(/[?#]/)[0]]);
    // What was asked for before it was there, however late it comes.
    const missed = ({ name, workerStart, startTime }) => name.startsWith(location.origin) && (!workerStart || startTime < since);
    const tell = (list) => container.controller?.postMessage(list.getEntries().filter(missed).map(({ name }) => name));
    new PerformanceObserver(tell).observe({ type: "resource", buffered: true });
  })();
  await Promise.race([charge.catch(() => {}), new Promise((resolve) => setTimeout(resolve, ENOUGH))]);
}
