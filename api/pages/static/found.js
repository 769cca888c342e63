// Asks the device where it is, only when the finder presses the button; the form works without it.
(function () {
  "use strict";
  const button = document.getElementById("locate");
  const status = document.getElementById("located");
  const field = (name) => document.querySelector(`input[name="${name}"]`);
  if (!button || !("geolocation" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = status.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      (found) => {
        field("latitude").value = found.coords.latitude.toFixed(6);
        field("longitude").value = found.coords.longitude.toFixed(6);
        field("accuracy_m").value = Math.round(found.coords.accuracy);
        status.textContent = status.dataset.done.replace("{m}", Math.round(found.coords.accuracy));
      },
      () => {
        status.textContent = status.dataset.failed;
      },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
})();
