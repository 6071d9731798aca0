"""The way out: how others are asked, whoever they are, and why they do not answer.

``sending``      one request, within a time and a size
``transport``    the connections, to one server or to any
``over_aiohttp`` those to one server, which cost less
``connections``  by which proxy and with whose certificates, as variables have it
``reading``      its answer, to the end
``answer``       what there is then
``failures``     what there is instead of an answer
``reasons``      why, in words
"""
