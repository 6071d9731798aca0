
const onward = document.currentScript.dataset.onward;
let loaded = 0;

function goOnWhenAllHaveLoaded() {
  const frames = document.querySelectorAll("iframe").length;
  if (document.readyState !== "loading" && loaded >= frames) location.replace(onward);
}

if (onward) {
  document.addEventListener("load", (event) => {
    if (event.target.tagName === "IFRAME") {
      loaded += 1;
      goOnWhenAllHaveLoaded();
    }
  }, true);
  document.addEventListener("DOMContentLoaded", goOnWhenAllHaveLoaded);
  setTimeout(() => location.replace(onward), 5000);
}
