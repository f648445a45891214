"""Ways of training in several processes: hooks of communication, uneven inputs."""
