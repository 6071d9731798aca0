const place = document.getElementById("documentation");
SwaggerUIBundle({ domNode: place, url: place.dataset.openapi });
