// Asks what came of the code as often as the television may, and goes on once there is something else to show.
"use strict";

const card = document.getElementById("code");

function later(seconds) {
  setTimeout(ask, seconds * 1000);
}

async function ask() {
  try {
    const response = await fetch(card.dataset.state);
    const { next, seconds } = await response.json();
    if (next) {
      location.replace(next);
    } else {
      later(seconds);
    }
  } catch {
    // The sandbox has been stopped, or is starting anew.
    later(Number(card.dataset.seconds));
  }
}

if (card) {
  later(Number(card.dataset.seconds));
}
