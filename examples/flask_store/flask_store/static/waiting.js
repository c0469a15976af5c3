// Looks whether the payment has arrived, so that the buyer need not. Without it,
// the button "Look again" does the same.
(() => {
  let left = 60;
  const look = async () => {
    left -= 1;
    try {
      const answer = await fetch(location.href, {
        headers: { Accept: "application/json" },
        cache: "no-store",
      });
      if (answer.ok && (await answer.json()).state !== "processing") {
        document.getElementById("said").textContent = "The payment was settled.";
        location.reload();
        return;
      }
    } catch {
      // Off line for a moment: the next look may succeed.
    }
    if (left > 0) setTimeout(look, 2000);
  };
  setTimeout(look, 1000);
})();
